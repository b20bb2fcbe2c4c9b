import { LineOutput, type Sink } from '../../src/logging/output.js';

/** A place for lines that has room for so many bytes, and then fails as it is told. */
class Place implements Sink {
  text = '';
  room = Infinity;
  error = 'EAGAIN';

  writeSync(bytes: Buffer): number {
    const fits = bytes.subarray(0, this.room);
    if (fits.length === 0) throw Object.assign(new Error(this.error), { code: this.error });
    this.text += fits.toString();
    this.room -= fits.length;
    return fits.length;
  }

  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void {
    try {
      done(null, this.writeSync(bytes));
    } catch (error) {
      done(error as NodeJS.ErrnoException, 0);
    }
  }
}

let place: Place;
let output: LineOutput;
let time = 0;
const tell = (dropped: number, reason: string) => `dropped ${dropped}: ${reason}\n`;
const counter = { value: 0, increment: (by = 1) => void (counter.value += by) };

beforeEach(() => {
  jest.useFakeTimers();
  counter.value = 0;
  place = new Place();
  output = new LineOutput(place, tell, { mostWaiting: 20, now: () => (time += 10) });
  output.countDropped(counter);
});
afterEach(() => {
  jest.useRealTimers();
});

const later = () => jest.advanceTimersByTime(1000);

describe('the output of the log', () => {
  it('writes lines in order, some time later and in batches', () => {
    output.write('one\n');
    output.write('two\n');
    expect(place.text).toBe('');
    later();
    expect(place.text).toBe('one\ntwo\n');
  });

  it('goes on in the middle of a line when only a part was taken', () => {
    place.room = 6;
    output.write('one\n');
    output.write('twö\n');
    later();
    expect(place.text).toBe('one\ntw');
    place.room = Infinity;
    output.write('three\n');
    later();
    expect(place.text).toBe('one\ntwö\nthree\n');
    expect(counter.value).toBe(0);
  });

  it.each([
    ['EAGAIN', 'nobody read them'],
    ['ENOSPC', 'ENOSPC'],
    ['EPIPE', 'EPIPE'],
  ])('drops what there is no room for after %s, counts it, and tells of it', (error, reason) => {
    place.error = error;
    place.room = 0;
    output.write('first\n');
    later();
    for (let i = 0; i < 9; i++) output.write(`line ${i}\n`);
    later();
    // 20 characters have room for two lines of seven.
    expect(counter.value).toBe(7);
    expect(place.text).toBe('');
    place.room = Infinity;
    later();
    expect(place.text).toBe(`first\ndropped 7: ${reason}\nline 0\nline 1\n`);
    output.write('after\n');
    later();
    expect(place.text).toMatch(/line 1\nafter\n$/);
  });

  it('counts what was dropped before there was a counter', () => {
    output = new LineOutput(place, tell, { mostWaiting: 4 });
    for (let i = 0; i < 3; i++) output.write('one\n');
    output.countDropped(counter);
    expect(counter.value).toBe(2);
  });

  it('tries ever more rarely while nothing can be written', () => {
    place.room = 0;
    output.write('one\n');
    jest.advanceTimersByTime(200);
    const tries = jest.spyOn(place, 'write');
    jest.advanceTimersByTime(10_000);
    expect(tries.mock.calls.length).toBeLessThan(60);
  });

  it('writes at the end what waits', () => {
    output.write('one\n');
    output.end();
    expect(place.text).toBe('one\n');
  });

  it('gives up at the end when nobody reads', () => {
    place.room = 2;
    output.write('one\n');
    output.end();
    expect(place.text).toBe('on');
  });

  it('leaves to the thread at the end what it is writing, and writes the rest', () => {
    const slow = jest.spyOn(place, 'write').mockImplementation(() => {});
    output.write('one\n');
    later();
    expect(slow).toHaveBeenCalledTimes(1);
    output.write('two\n');
    output.end();
    expect(place.text).toBe('two\n');
  });
});
