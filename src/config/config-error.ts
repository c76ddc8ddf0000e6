/** What is wrong with the configuration, in one line for the person who wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
