/** Placeholder until the styled page lands. */
export function ErrorPage(
  { title, message }: { basePath: string; status: number; title: string; message: string; nonce: string },
) {
  return <p>{title}: {message}</p>;
}
