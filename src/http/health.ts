/** How the broker is, for whoever starts, restarts or sends clients to it: /healthz, /livez, /readyz. */
import type { HttpModule, Route } from './router.ts';

/** Why a broker does not serve everything now. */
export interface UnreadyReason {
  /** A word for programs: `disk-full`, `journal-failed`, `coordinator-loading`, `coordinator-failed`, `stopping`. */
  readonly reason: string;
  /** A sentence for people. */
  readonly message: string;
}

export interface Health {
  /** What only a restart could mend, in a sentence, or null. */
  failure(): string | null;
  /** Why the journal takes no writes, in a sentence, or null. */
  illness(): string | null;
  /** Nothing while every request is served. */
  unreadyReasons(): readonly UnreadyReason[];
}

export function healthModule(health: Health): HttpModule {
  return {
    routes: [
      says('/healthz', () => health.illness()),
      says('/livez', () => health.failure()),
      {
        method: 'GET',
        path: '/readyz',
        handle(context) {
          const reasons = health.unreadyReasons();
          return context.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
        },
      },
    ],
  };
}

/** 200 and ok, or 503 and what is wrong. */
function says(path: string, problem: () => string | null): Route {
  return {
    method: 'GET',
    path,
    handle(context) {
      const text = problem();
      return context.text(`${text ?? 'ok'}\n`, text === null ? 200 : 503);
    },
  };
}
