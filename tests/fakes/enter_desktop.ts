/** A viewer, as far as a handshake needs it. */
interface EnteringViewer {
  until(condition: (viewer: { readonly byteCount: number }) => boolean): Promise<void>;
  send(bytes: Uint8Array<ArrayBuffer>): void;
}

const SERVER_INIT_BYTES = 24;
const VERSION_BYTES = 12;

/** Carries out the viewer's side of RFB 3.8 with security type None, up to ServerInit's name. */
export async function enterDesktop(viewer: EnteringViewer): Promise<void> {
  let expected = 0;
  const expect = async (bytes: number) => {
    expected += bytes;
    await viewer.until(({ byteCount }) => byteCount >= expected);
  };
  await expect(VERSION_BYTES);
  viewer.send(new TextEncoder().encode("RFB 003.008\n"));
  await expect(2);
  viewer.send(Uint8Array.of(1));
  await expect(4);
  viewer.send(Uint8Array.of(1));
  await expect(SERVER_INIT_BYTES);
}
