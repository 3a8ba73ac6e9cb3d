/** Placeholder until the styled page lands. */
export function BoardPage(
  { sources }: {
    basePath: string;
    nonce: string;
    problems: readonly string[];
    warnings: readonly string[];
    sources: readonly { name: string; title: string }[];
  },
) {
  return <ul>{sources.map(({ name, title }) => <li id={name}>{title}</li>)}</ul>;
}
