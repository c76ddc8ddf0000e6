/** One broker for all files of the run. */
import { globalSetup } from 'walka/testing';

export default globalSetup({ topics: ['shared'] });
