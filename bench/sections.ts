// The sections of a benchmark, selected by the command line.

/**
 * Ends the process if a name is unknown.
 * @param names names of sections. Empty: all
 * @returns the selected sections, in the order of `all`
 */
export function selectSections<Section>(all: Readonly<Record<string, Section>>, names: readonly string[]): Section[] {
  const unknown = names.find((name) => !Object.hasOwn(all, name));
  if (unknown !== undefined) {
    console.error(`found the section ${JSON.stringify(unknown)}, wanted some of: ${Object.keys(all).join(', ')}`);
    process.exit(1);
  }
  const selected = Object.entries(all).filter(([name]) => names.length === 0 || names.includes(name));
  return selected.map(([, section]) => section);
}
