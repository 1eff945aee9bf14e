/** What the parser of a command line complains of, as one sentence. */

interface Complaint {
  /** Commander's own, as `commander.unknownOption`. */
  readonly code: string;
  readonly message: string;
}

/** With a hint; what was typed is not repeated when it may be a prompt. */
export function usageSentence(program: string, { code, message }: Complaint): string {
  if (code === 'commander.help') return `Name a command. \`${program} --help\` lists them.`;
  const told = message
    .replace(/^error: /, '')
    .trimEnd()
    .replace(/'.*'/s, (quoted) => (code.startsWith('commander.unknown') && !isWord(quoted) ? '(not shown)' : quoted))
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[^.]$/, '$&.');
  return `${told.charAt(0).toUpperCase()}${told.slice(1)} See \`${program} --help\`.`;
}

function isWord(quoted: string): boolean {
  return /^'[-\w]{1,40}'$/.test(quoted);
}
