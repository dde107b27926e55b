// Names in the environment that look like a setting and are none: most likely misspelt.
import { nearestName } from './nearest-name.js';
import { settings } from './settings.js';

export interface UnknownSetting {
  readonly name: string;
  /** The known name that is nearest, when one is near. */
  readonly didYouMean?: string;
}

/** How settings of ours begin that share their beginning with others. */
const OURS = /^(CACHE|COMPUTE|FIB|HTTP(?!S?_PROXY$))_/;

/** Variables of shells, systems and tools. A plugin may have a variable whose name is near one of them. */
const OF_THE_MACHINE =
  /^(PATH|HOME|HOST(NAME|TYPE)|USER(NAME)?|LOGNAME|SHELL|SHLVL|PWD|OLDPWD|TERM|TZ|LANG|LANGUAGE|MAIL|EDITOR|VISUAL|PAGER|DISPLAY|TE?MP|TMPDIR|COLUMNS|LINES|OS|OSTYPE|MACHTYPE|UID|EUID|PPID|PS1|IFS|CI|DEBUG|NO_COLOR|FORCE_COLOR|COLORTERM|(HTTPS?|ALL|NO|FTP)_PROXY|NODE|(NODE|NPM|LC|LD|LS|XDG|SSH|GIT|GPG|DBUS|KUBERNETES|SYSTEMD|AWS)_.*)$/i;

/** @param ofPlugin the variables that the plugin in service reads */
export function unknownSettings(
  environment: Readonly<Record<string, string | undefined>>,
  ofPlugin: readonly string[],
): UnknownSetting[] {
  const known = [...Object.keys(settings.shape), ...ofPlugin];
  const unknown: UnknownSetting[] = [];
  for (const name of Object.keys(environment)) {
    if (known.includes(name) || OF_THE_MACHINE.test(name)) continue;
    const didYouMean = nearestName(name, known);
    if (didYouMean !== undefined) unknown.push({ name, didYouMean });
    else if (OURS.test(name)) unknown.push({ name });
  }
  return unknown;
}
