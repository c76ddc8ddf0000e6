/** kcat against the broker; see scenarios.md. */
import { KCAT } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(KCAT);
