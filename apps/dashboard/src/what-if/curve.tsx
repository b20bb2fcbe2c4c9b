import { useEffect, useRef, useState, type PointerEvent } from 'react';
import { Select } from '../shell/controls.js';
import { number, percent } from '../shell/format.js';
import { outwards } from './answer.js';
import type { Curve } from './asking.js';
import { roundedFor, shareOf, valueAt, type Feature, type Scale } from './schema.js';

/** A curve of a scenario. */
export interface Line {
  readonly name: string;
  readonly curve: Curve;
  /** Where the scenario is. */
  readonly at: number | undefined;
  readonly set: (value: number) => void;
}

const HEIGHT = 260;
const LEFT = 56;
const BOTTOM = 28;
const TOP = 8;

/**
 * How the prediction moves with one number, all else as it is. A press on it moves the scenario there;
 * the slider of the feature does the same for whoever does not point.
 */
export function CurvePanel({
  features,
  feature,
  scale,
  isTold,
  lines,
  isOld,
  onFeature,
}: {
  readonly features: readonly Feature[];
  readonly feature: Feature;
  readonly scale: Scale;
  /** The card says what training held. */
  readonly isTold: boolean;
  readonly lines: readonly Line[];
  readonly isOld: boolean;
  readonly onFeature: (name: string) => void;
}) {
  return (
    <section
      className="panel wi-curve"
      aria-busy={isOld}
      aria-label={`Curve against ${feature.name}`}
    >
      <div className="toolbar">
        <Select
          label="Curve against"
          choices={features.map(({ name }) => ({ id: name, name }))}
          value={feature.name}
          onChange={onFeature}
        />
        <p className="soft wi-legend">
          {lines.map(({ name }, i) => (
            <span key={name} className={`wi-key line-${i}`}>{`${name}, and its interval`}</span>
          ))}
          {isTold && <span className="wi-key beyond">outside of the training data</span>}
        </p>
      </div>
      {lines.length === 0 ? (
        <p className="soft">The curve is on its way…</p>
      ) : (
        <Picture {...{ feature, scale, isTold, lines }} />
      )}
      {isTold && (
        <p className="soft">
          {`Training held ${feature.name} from ${number(scale.from)} to ${number(scale.to)}. Beyond, in the shaded parts, the model goes on with what it knows of the last; nothing tells whether that is right.`}
        </p>
      )}
    </section>
  );
}

interface PictureProps {
  readonly feature: Feature;
  readonly scale: Scale;
  readonly isTold: boolean;
  readonly lines: readonly Line[];
}

function Picture({ feature, scale, isTold, lines }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  const [hovered, setHovered] = useState<number>();
  useEffect(() => {
    const sizes = new ResizeObserver(([{ contentRect }]) =>
      setWidth(Math.round(contentRect.width)),
    );
    sizes.observe(frame.current!);
    return () => sizes.disconnect();
  }, []);
  const most = topOf(lines);
  const x = (value: number) => LEFT + shareOf(scale, value) * (width - LEFT - 8);
  const y = (ctr: number) => TOP + (1 - Math.min(1, ctr / most)) * (HEIGHT - TOP - BOTTOM);
  const valueOf = ({ clientX, currentTarget }: PointerEvent<Element>) => {
    const { left } = currentTarget.getBoundingClientRect();
    const share = (clientX - left - LEFT) / (width - LEFT - 8);
    return roundedFor(feature, valueAt(scale, Math.min(1, Math.max(0, share))));
  };
  const move = (event: PointerEvent<Element>) => {
    setHovered(valueOf(event));
    if (event.buttons === 1) lines[0].set(valueOf(event));
  };
  const read = hovered ?? lines[0].at;
  return (
    <>
      <div ref={frame} className="wi-picture">
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={labelOf(feature, scale, lines)}
          onPointerMove={move}
          onPointerDown={(event) => event.button === 0 && lines[0].set(valueOf(event))}
          onPointerLeave={() => setHovered(undefined)}
        >
          {isTold && <Beyond {...{ scale, x, width }} />}
          <Axes {...{ scale, x, y, most, width }} />
          {lines.map(({ name, curve }, i) => (
            <g key={name} className={`line-${i}`}>
              <path className="wi-band" d={bandOf(curve, x, y)} />
              <path className="wi-line" d={stepsOf(curve.ends, curve.ctr, x, y)} />
            </g>
          ))}
          {lines.map(({ name, at, curve }, i) =>
            at === undefined ? null : (
              <g key={name} className={`line-${i}`}>
                <line className="wi-at" x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} />
                <circle cx={x(at)} cy={y(stepAt(curve, at).ctr)} r={5} />
              </g>
            ),
          )}
          {hovered !== undefined && (
            <line
              className="wi-hover"
              x1={x(hovered)}
              x2={x(hovered)}
              y1={TOP}
              y2={HEIGHT - BOTTOM}
            />
          )}
        </svg>
      </div>
      <p className="wi-reading">
        {read !== undefined &&
          `At ${feature.name} ${number(read, 6)}: ${lines.map((line) => readingOf(line, read)).join('; ')}`}
      </p>
    </>
  );
}

/** What training did not hold, on either side. */
function Beyond({
  scale,
  x,
  width,
}: {
  readonly scale: Scale;
  readonly x: (value: number) => number;
  readonly width: number;
}) {
  const height = HEIGHT - TOP - BOTTOM;
  const [from, to] = [x(scale.from), x(scale.to)];
  return (
    <g className="wi-beyond">
      <rect x={LEFT} y={TOP} width={Math.max(0, from - LEFT)} height={height} />
      <rect x={to} y={TOP} width={Math.max(0, width - 8 - to)} height={height} />
    </g>
  );
}

function Axes({
  scale,
  x,
  y,
  most,
  width,
}: {
  readonly scale: Scale;
  readonly x: (value: number) => number;
  readonly y: (ctr: number) => number;
  readonly most: number;
  readonly width: number;
}) {
  const rows = [0, 0.25, 0.5, 0.75, 1].map((share) => share * most);
  return (
    <g className="wi-axes">
      {rows.map((ctr) => (
        <g key={ctr}>
          <line x1={LEFT} x2={width - 8} y1={y(ctr)} y2={y(ctr)} />
          <text x={LEFT - 8} y={y(ctr) + 4} textAnchor="end">
            {percent(ctr, 3)}
          </text>
        </g>
      ))}
      {ticksOf(scale, width).map((value) => (
        <text key={value} x={x(value)} y={HEIGHT - 8} textAnchor="middle">
          {tick(value)}
        </text>
      ))}
    </g>
  );
}

const compact = new Intl.NumberFormat(undefined, {
  notation: 'compact',
  maximumSignificantDigits: 3,
});
const tick = (value: number): string => compact.format(value);

/** Round numbers along the scale, as many as there is room for. */
function ticksOf(scale: Scale, width: number): number[] {
  const room = Math.max(2, Math.floor((width - LEFT) / 80));
  const { lowest, highest, isLog } = scale;
  if (isLog) {
    const powers = Array.from({ length: 31 }, (_, i) => 10 ** (i - 15));
    const all = powers.flatMap((power) => [1, 2, 5].map((digit) => digit * power));
    const inside = (of: number[]) => of.filter((value) => value >= lowest && value <= highest);
    const [dense, plain] = [inside(all), inside(powers)];
    const chosen = dense.length <= room ? dense : plain;
    const every = Math.ceil(chosen.length / room);
    return chosen.filter((_, i) => i % every === 0);
  }
  const rough = (highest - lowest || 1) / room;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((digit) => digit * power >= rough)!;
  const first = Math.ceil(lowest / step);
  const last = Math.floor(highest / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** The top of the picture: round, so that it stays while a slider moves. */
function topOf(lines: readonly Line[]): number {
  let most = 0;
  for (const { curve } of lines) {
    for (const ctr of curve.ctr) most = Math.max(most, ctr);
    for (const high of curve.high) if (high > most) most = high;
  }
  const power = 10 ** Math.floor(Math.log10(most || 1));
  return power * [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].find((digit) => digit * power >= most)!;
}

type Place = (value: number) => number;

function stepsOf(ends: Float64Array, heights: Float64Array, x: Place, y: Place): string {
  const parts = Array.from(heights, (height, i) => {
    const to = `${x(ends[i + 1]).toFixed(1)},${y(height).toFixed(1)}`;
    return `${i === 0 ? 'M' : 'L'}${x(ends[i]).toFixed(1)},${y(height).toFixed(1)}L${to}`;
  });
  return parts.join('');
}

function bandOf({ ends, low, high }: Curve, x: Place, y: Place): string {
  // Without intervals there is no band.
  if (high.length === 0 || Number.isNaN(high[0])) return '';
  const reversed = { ends: ends.slice().reverse(), low: low.slice().reverse() };
  const back = stepsOf(reversed.ends, reversed.low, x, y).replace('M', 'L');
  return `${stepsOf(ends, high, x, y)}${back}Z`;
}

/** What a curve says at a value. */
function stepAt({ ends, ctr, low, high }: Curve, value: number) {
  const after = ends.findIndex((end, i) => i > 0 && value <= end);
  const step = after < 0 ? ctr.length - 1 : after - 1;
  return { ctr: ctr[step], low: low[step], high: high[step] };
}

function readingOf({ name, curve }: Line, value: number): string {
  const { ctr, ...bounds } = stepAt(curve, value);
  const { low, high } = outwards(bounds);
  const interval = Number.isNaN(low) ? '' : ` (${percent(low)} to ${percent(high)})`;
  return `${name} ${percent(ctr, 4)}${interval}`;
}

function labelOf({ name }: Feature, { lowest, highest }: Scale, lines: readonly Line[]): string {
  const said = lines.map((line) => {
    const all = [...line.curve.ctr];
    const first = percent(all[0]);
    const last = percent(all[all.length - 1]);
    const reach = `between ${percent(Math.min(...all))} and ${percent(Math.max(...all))}`;
    return `${line.name} goes from ${first} to ${last}, ${reach}`;
  });
  return `Predicted CTR against ${name} from ${number(lowest)} to ${number(highest)}: ${said.join('; ')}.`;
}
