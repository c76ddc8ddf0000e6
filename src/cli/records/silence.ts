/** Says so when a broker acknowledges nothing, which a program that tries again would otherwise wait for in silence. */
import type { KafkaClient } from '../../client/kafka-client.ts';
import { messageOf } from '../../base/realms.ts';
import type { CommandContext } from '../context.ts';

const LOOK_EVERY_MS = 500;
/** Looks without progress before it is told. */
const LOOKS = 3;

/**
 * Watches the client until the function that it gives is called.
 * @param progress a number that changes while there is progress; null while nothing is waited for
 */
export function noteSilence(
  client: Pick<KafkaClient, 'clock' | 'trouble'>,
  progress: () => number | null,
  output: Pick<CommandContext['output'], 'note'>,
): () => void {
  let before: number | null = null;
  let silent = 0;
  const look = (): void => {
    timer = client.clock.setTimer(LOOK_EVERY_MS, look);
    const now = progress();
    const isSilent = now !== null && now === before;
    before = now;
    if (isSilent && ++silent === LOOKS) {
      const what = 'nothing has been acknowledged for 1.5 s';
      output.note(client.trouble === null ? what : `${what}: ${messageOf(client.trouble)}; trying again`);
    }
    if (isSilent) return;
    if (silent >= LOOKS) output.note('going on');
    silent = 0;
  };
  let timer = client.clock.setTimer(LOOK_EVERY_MS, look);
  return () => timer.cancel();
}
