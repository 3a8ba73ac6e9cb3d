/** Placeholder until the styled page lands. */
export function ViewerPage(
  { source }: {
    basePath: string;
    nonce: string;
    version: string;
    source: { name: string; title: string; group?: string | undefined; viewOnly: boolean };
  },
) {
  return <h1>{source.title}</h1>;
}
