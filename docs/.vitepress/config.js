/** The documentation as a site: `npm ci --prefix docs && npm run build --prefix docs`. The pages read well on GitHub, too. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sections from './pages.json' with { type: 'json' };

const docs = join(import.meta.dirname, '..');
// Pages in the order of the navigation; those that are not there (yet) are left out.
const sidebar = sections.map(({ text, pages }) => ({
  text,
  items: Object.entries(pages)
    .filter(([page]) => existsSync(join(docs, `${page}.md`)))
    .map(([page, title]) => ({ text: title, link: `/${page}` })),
}));

export default {
  title: 'Walka',
  description: 'A Kafka broker in TypeScript on one shared write-ahead log',
  cleanUrls: true,
  // Links to sources lead out of the site; test/docs.test.ts sees to it that they lead somewhere.
  ignoreDeadLinks: [/\.\.\//],
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Performance', link: '/performance' },
      { text: 'Settings', link: '/settings' },
    ],
    sidebar,
    search: { provider: 'local' },
    outline: [2, 3],
  },
};
