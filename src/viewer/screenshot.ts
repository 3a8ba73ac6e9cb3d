/** Saves the remote screen as a file. */

/** Offers the picture as a download named after the source and the time. */
export function savePicture(picture: Blob, source: string, now = new Date()): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(picture);
  link.download = namePicture(source, now);
  link.click();
  URL.revokeObjectURL(link.href);
}

/** "workshop-2026-02-03-040506.png", in local time and without characters that file systems refuse. */
function namePicture(source: string, now: Date): string {
  const [year, ...rest] = [now.getFullYear(), now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes()];
  const [month, day, hour, minute] = rest.map((part) => String(part).padStart(2, "0"));
  return `${source}-${year}-${month}-${day}-${hour}${minute}${String(now.getSeconds()).padStart(2, "0")}.png`;
}
