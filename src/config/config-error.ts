/** What is wrong with the configuration, in one line for the person who wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** Names of the settings that are wrong, or wrong together; none where the sentence says where to look. */
  readonly settings: readonly string[];

  constructor(message: string, settings: readonly string[] = []) {
    super(message);
    this.settings = settings;
  }

  /** The same with where its settings came from in front, as far as `sources` knows: by name of the setting. */
  from(sources: ReadonlyMap<string, string>): ConfigError {
    const places = new Set(this.settings.flatMap((name) => sources.get(name) ?? []));
    return places.size === 0 ? this : new ConfigError(`${[...places].join(' and ')}: ${this.message}`);
  }
}
