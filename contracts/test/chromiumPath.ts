/** Where the tests find a browser. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** As tools/install-deps.sh looks for them. */
const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** @returns what CHROMIUM_PATH names, or the first of the usual names on the PATH */
export function chromiumPath(): string {
  const named = process.env['CHROMIUM_PATH'];
  if (named) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error('No Chromium on the PATH: run `make test`, which installs it, or set CHROMIUM_PATH.');
  return found;
}
