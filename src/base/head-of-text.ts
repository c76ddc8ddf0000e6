/** The beginning of a text, in memory of its own: what `slice` gives keeps the whole text. */
export function headOfText(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : Buffer.from(text.slice(0, maxLength), 'utf16le').toString('utf16le');
}
