import { useMemo } from 'react';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { percent } from '../shell/format.js';
import { Name } from './answer-parts.js';
import { labelOf } from './columns.js';

/** A field of the map: placements with the same two values. */
export interface MapField {
  readonly x: string;
  readonly y: string;
  /** Place of the first of them, in the order that was looked at. */
  readonly first: number;
  readonly ctr: number;
  readonly placements: number;
}

const collator = new Intl.Collator('en', { numeric: true });
const valuesOf = (fields: readonly MapField[], axis: 'x' | 'y') =>
  [...new Set(fields.map((field) => field[axis]))].sort(collator.compare);

interface PictureProps {
  readonly fields: readonly MapField[];
  readonly signs: readonly string[];
  readonly across: string;
  readonly down: string;
}

/** CTR by two features, as colours and as a table. */
export function MapPicture({ fields, signs, across, down }: PictureProps) {
  const isLine = across === down;
  const xs = useMemo(() => valuesOf(fields, 'x'), [fields]);
  const ys = useMemo(() => (isLine ? ['CTR'] : valuesOf(fields, 'y')), [fields, isLine]);
  const option = useMemo(() => {
    const ctrs = fields.map(({ ctr }) => ctr);
    const [least, most] = [Math.min(...ctrs), Math.max(...ctrs)];
    const isStrong = (ctr: number) => ctr - least > 0.68 * (most - least);
    const said = (i: number) => [percent(ctrs[i], 3), signs[i]].join(' ').trim();
    return (colours: Palette) => ({
      grid: { left: 8, right: 8, top: 8, bottom: 56, containLabel: true },
      legend: { show: false },
      xAxis: { type: 'category' as const, ...axisLooks(colours), data: xs },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        ...axisLooks(colours),
        axisLabel: { color: colours.text, width: 110, overflow: 'truncate' as const },
        data: ys,
      },
      tooltip: {
        trigger: 'item' as const,
        valueFormatter: (value: unknown) => percent(Number((value as number[])[2] ?? value)),
      },
      visualMap: {
        min: least,
        max: most,
        text: [percent(most), percent(least)],
        calculable: false,
        orient: 'horizontal' as const,
        left: 'center',
        bottom: 0,
        itemWidth: 12,
        textStyle: { color: colours.text },
        inRange: { color: [colours.panel, colours.series[0]] },
      },
      series: [
        {
          type: 'heatmap' as const,
          name: 'CTR',
          itemStyle: { borderColor: colours.line, borderWidth: 1 },
          label: { show: true },
          labelLayout: { hideOverlap: true },
          data: fields.map(({ x, y, ctr }, i) => ({
            value: [xs.indexOf(x), isLine ? 0 : ys.indexOf(y), ctr],
            label: {
              color: isStrong(ctr) ? colours.panel : colours.text,
              formatter: () => said(i),
            },
          })),
        },
      ],
    });
  }, [fields, signs, xs, ys, isLine]);
  const ordered = [...fields].sort((a, b) => b.ctr - a.ctr);
  const told = (field: MapField) =>
    `${[field.x, ...(isLine ? [] : [field.y])].join(' and ')} ${percent(field.ctr)}`;
  const label = `CTR by ${labelOf(across)}${isLine ? '' : ` and ${labelOf(down)}`}: highest ${told(ordered[0])}, lowest ${told(ordered.at(-1)!)}.`;
  return (
    <Chart label={label} option={option} height={110 + 40 * Math.min(ys.length, 14)}>
      <details>
        <summary>The map as a table</summary>
        <div className="table-frame" tabIndex={0} role="region" aria-label="The map as a table">
          <MapTable fields={fields} xs={xs} ys={ys} isLine={isLine} />
        </div>
      </details>
    </Chart>
  );
}

function MapTable({
  fields,
  xs,
  ys,
  isLine,
}: {
  readonly fields: readonly MapField[];
  readonly xs: readonly string[];
  readonly ys: readonly string[];
  readonly isLine: boolean;
}) {
  const at = new Map(
    fields.map((field) => [JSON.stringify([field.x, isLine ? 'CTR' : field.y]), field]),
  );
  return (
    <table className="table">
      <thead>
        <tr>
          <td />
          {xs.map((x) => (
            <th key={x} scope="col" className="number">
              <Name>{x}</Name>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ys.map((y) => (
          <tr key={y}>
            <th scope="row">
              <Name>{y}</Name>
            </th>
            {xs.map((x) => (
              <td key={x} className="number">
                {percent(at.get(JSON.stringify([x, y]))?.ctr)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
