/** The names besides the subject that a certificate is for. */

/** Of Node's `DNS:a, IP Address:127.0.0.1`; a name with a comma in it stands in quotes. */
export function splitAlternativeNames(text: string | undefined): string[] {
  return text?.match(/(?:"(?:\\.|[^"])*"|[^,"])+/g)?.map((name) => name.trim()) ?? [];
}
