// Variables in the environment that look like misspelt settings.
import { nearestName } from './nearest-name.js';
import { settings } from './settings.js';

export interface UnknownSetting {
  readonly name: string;
  /** The most similar known name. */
  readonly didYouMean?: string;
}

/** Prefixes of several settings of the application. */
const PREFIXES = /^(CACHE|COMPUTE|FIB|HTTP(?!S?_PROXY$))_/;

/** Variables of shells, systems and tools. The name of a plugin's variable may be similar to one of them. */
const SYSTEM_VARIABLES =
  /^(PATH|HOME|HOST(NAME|TYPE)|USER(NAME)?|LOGNAME|SHELL|SHLVL|PWD|OLDPWD|TERM|TZ|LANG|LANGUAGE|MAIL|EDITOR|VISUAL|PAGER|DISPLAY|TE?MP|TMPDIR|COLUMNS|LINES|OS|OSTYPE|MACHTYPE|UID|EUID|PPID|PS1|IFS|CI|DEBUG|NO_COLOR|FORCE_COLOR|COLORTERM|(HTTPS?|ALL|NO|FTP)_PROXY|NODE|(NODE|NPM|LC|LD|LS|XDG|SSH|GIT|GPG|DBUS|KUBERNETES|SYSTEMD|AWS)_.*)$/i;

/** @param pluginVariables the variables that the current plugin reads */
export function unknownSettings(
  environment: Readonly<Record<string, string | undefined>>,
  pluginVariables: readonly string[],
): UnknownSetting[] {
  const known = [...Object.keys(settings.shape), ...pluginVariables];
  const unknown: UnknownSetting[] = [];
  for (const name of Object.keys(environment)) {
    if (known.includes(name) || SYSTEM_VARIABLES.test(name)) continue;
    const didYouMean = nearestName(name, known);
    if (didYouMean !== undefined) unknown.push({ name, didYouMean });
    else if (PREFIXES.test(name)) unknown.push({ name });
  }
  return unknown;
}
