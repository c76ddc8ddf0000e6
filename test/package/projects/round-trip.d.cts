/** See round-trip.cjs. */
export function roundTrip(bootstrapServers: string): Promise<string[]>;
