/** All sweeps, in the order of the guide. */
import { LOAD_SWEEPS } from './load-sweeps.ts';
import { SETTING_SWEEPS } from './setting-sweeps.ts';
import type { Sweep } from './sweep.ts';

export const SWEEPS: readonly Sweep[] = [...LOAD_SWEEPS, ...SETTING_SWEEPS];
