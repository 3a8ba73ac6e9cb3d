/** Asks the user whether a VNC server's key is the right one (rfbproto, section "RSA-AES Security Type"). */
import { getElement } from "./element.ts";

/** Resolves to whether the user accepts the key. */
export function askIdentity(fingerprint: string): Promise<boolean> {
  const dialog = getElement("identity", HTMLDialogElement);
  getElement("identity-fingerprint", HTMLElement).textContent = fingerprint;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "accept"), { once: true });
  });
}
