import { type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../config.js';

/** Lines are written this many bytes at a time, because a system call costs more than a line. */
const BUFFER_BYTES = 32_768;
/** A line waits at most this long to be written. */
const FLUSH_MS = 200;

/** The service's logger: one JSON object a line, to standard output unless told otherwise. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: { service: 'adscale-api' } };
  return pino(options, destination ?? standardOutput());
}

/** Buffers lines; flushes them now and then, and when the process ends. */
function standardOutput(): DestinationStream {
  const output = pino.destination({
    dest: 1,
    minLength: BUFFER_BYTES,
    maxWrite: 2 * BUFFER_BYTES,
    sync: true,
  });
  setInterval(() => output.flush(), FLUSH_MS).unref();
  process.on('exit', () => output.flushSync());
  return output;
}

/**
 * Writes Nest's own messages to the same log. Nest's level "log" is start-up chatter, hence debug.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.write('debug', message, context);
  }

  error(message: unknown, ...context: unknown[]): void {
    this.write('error', message, context);
  }

  warn(message: unknown, ...context: unknown[]): void {
    this.write('warn', message, context);
  }

  fatal(message: unknown, ...context: unknown[]): void {
    this.write('fatal', message, context);
  }

  private write(
    level: 'debug' | 'warn' | 'error' | 'fatal',
    message: unknown,
    context: unknown[],
  ): void {
    // Nest's last argument is the class that logs; for an error, a stack may come before it.
    const nest = { nest: context.at(-1) };
    if (message instanceof Error) this.logger[level]({ ...nest, err: message }, message.message);
    else this.logger[level](nest, String(message));
  }
}
