/** @platformatic/kafka against the broker; see scenarios.md. */
import { PLATFORMATIC } from './client-programs.ts';
import { testClient } from './client-suite.ts';

testClient(PLATFORMATIC);
