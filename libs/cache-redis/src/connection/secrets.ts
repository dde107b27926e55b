// Removes passwords from texts for errors and the log.

export function masked(text: string, password: string | undefined): string {
  if (password === undefined || password === '') return text;
  return [password, encodeURIComponent(password)].reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
