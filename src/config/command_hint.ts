/** Commands in messages: which one is meant, and how it is typed where this program runs. */

/** A command that messages recommend. */
export type HintedCommand = "start" | "init" | "link" | "hash" | "token" | "--help";

/** The line to type for a command. */
export type DescribeCommand = (command: HintedCommand) => string;

/** The line in a clone of the repository, without flags. */
export const describeTask: DescribeCommand = (command) => `deno task start ${command}`;

/** Stands for a command in a text whose writer does not know how the program was called. */
export function hintAt(command: HintedCommand): string {
  return `{porthole ${command}}`;
}

/** The text with the line of each command that it hints at. */
export function describeHints(text: string, describe: DescribeCommand): string {
  return text.replaceAll(/\{porthole (start|init|link|hash|token|--help)\}/g, (_, command) => describe(command));
}
