import { encode } from "uqr";

/** Light modules around the code, so that cameras find its edge (ISO/IEC 18004 requires 4). */
const BORDER = 4;

/** Text as a QR code: SVG without style or script, black on white in every theme. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: BORDER });
  const dark = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="white" />
      <path fill="black" d={dark.join("")} />
    </svg>
  );
}
