/** Tokens as users of websockify write them. None of them could be the name of a source. */
export const ODD_TOKENS: readonly string[] = [
  "1234/",
  "my pc",
  "aa:bb:cc",
  "QUJD+/==",
  "ada@pc",
  "_vm",
  "-vm",
  "büro",
  "x".repeat(70),
  "{}[]\"'%&?#",
];
