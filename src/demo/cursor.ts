/** The arrow: "#" is dark, "." is white, a space is transparent. */
const arrow = [
  "#           ",
  "##          ",
  "#.#         ",
  "#..#        ",
  "#...#       ",
  "#....#      ",
  "#.....#     ",
  "#......#    ",
  "#.......#   ",
  "#........#  ",
  "#.........# ",
  "#......#####",
  "#...#..#    ",
  "#..##..#    ",
  "#.#  #..#   ",
  "##   #..#   ",
  "#     #..#  ",
  "      ####  ",
];

/** The cursor (RFC 6143 section 7.8.1): 0x00RRGGBB pixels and a bitmask of the visible ones; hotX, hotY is its tip. */
export const CURSOR = {
  width: 12,
  height: 18,
  hotX: 0,
  hotY: 0,
  pixels: Uint32Array.from(arrow.join(""), (char) => char === "." ? 0xffffff : 0x101820),
  mask: Uint8Array.from(arrow.flatMap((row) => [rowMask(row.slice(0, 8)), rowMask(row.slice(8))])),
} as const;

function rowMask(row: string): number {
  return [...row].reduce((bits, char, i) => char === " " ? bits : bits | (128 >> i), 0);
}
