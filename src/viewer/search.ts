/** Whether every word of the query stands somewhere in the text, in any case. Pure. */
export function matches(text: string, query: string): boolean {
  const haystack = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}
