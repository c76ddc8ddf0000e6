/** Makes dashboards/walka.json, which Grafana imports: `node dashboards/generate.ts`. A test holds them equal. */
import { writeFileSync } from 'node:fs';
import { type Panel, ROWS } from './panels.ts';

const SOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Grafana's grid is 24 wide. */
const WIDTH = 24;
const GRAPH = { w: 8, h: 8 };
const STAT = { w: 4, h: 4 };

/** A choice at the top of the dashboard, filled by a label's values. */
function variable(name: string, query: string) {
  return {
    name,
    type: 'query',
    datasource: SOURCE,
    query: { query, refId: name },
    refresh: 2,
    includeAll: true,
    allValue: '.*',
    multi: true,
    sort: 1,
    current: { text: ['All'], value: ['$__all'] },
  };
}

function panel({ title, unit, description, isStat = false, targets }: Panel, id: number, place: object) {
  return {
    id,
    title,
    type: isStat ? 'stat' : 'timeseries',
    datasource: SOURCE,
    gridPos: place,
    ...(description === undefined ? {} : { description }),
    fieldConfig: {
      defaults: { unit, min: 0, ...(isStat ? {} : { custom: { fillOpacity: 10, showPoints: 'never' } }) },
      overrides: [],
    },
    options: isStat
      ? { reduceOptions: { calcs: ['lastNotNull'] }, textMode: title === 'Version' ? 'name' : 'auto' }
      : { legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] } },
    targets: targets.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: SOURCE,
      expr,
      legendFormat,
      range: true,
    })),
  };
}

/** Rows with their panels, laid out from left to right. */
function panels(): object[] {
  const laid: object[] = [];
  let y = 0;
  for (const row of ROWS) {
    laid.push({
      id: laid.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
    });
    y += 1;
    let [x, height] = [0, 0];
    for (const shown of row.panels) {
      const size = shown.isStat === true ? STAT : GRAPH;
      if (x + size.w > WIDTH) [x, y, height] = [0, y + height, 0];
      laid.push(panel(shown, laid.length + 1, { x, y, ...size }));
      x += size.w;
      height = Math.max(height, size.h);
    }
    y += height;
  }
  return laid;
}

/** The text of walka.json. */
export function dashboard(): string {
  const json = {
    uid: 'walka',
    title: 'Walka',
    tags: ['kafka', 'walka'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', current: {} },
        variable('instance', 'label_values(walka_build_info, instance)'),
        variable('topic', 'label_values(walka_topic_received_records_total{instance=~"$instance"}, topic)'),
        variable('group', 'label_values(walka_group_members{instance=~"$instance"}, group)'),
      ],
    },
    annotations: { list: [] },
    panels: panels(),
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL('walka.json', import.meta.url), dashboard());
