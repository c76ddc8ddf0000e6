/** The version of Walka that this is. */
import manifest from '../../package.json' with { type: 'json' };

export const version: string = manifest.version;
