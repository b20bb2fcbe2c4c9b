import { type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino, symbols } from 'pino';
import type { LogLevel } from '../config.js';
import { type DropCounter, LineOutput, standardOutput } from './output.js';

const SERVICE = 'adscale-api';

/**
 * The service's logger: one JSON object a line, to standard output unless told otherwise. Lines are
 * written in batches and when the process ends. Nothing waits for them: where they cannot be written
 * they are dropped in the end, counted and told of.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: { service: SERVICE } };
  return pino(options, destination ?? output());
}

function output(): LineOutput {
  const lines = new LineOutput(standardOutput(), droppedLine);
  process.on('exit', () => lines.end());
  return lines;
}

function droppedLine(dropped: number, reason: string): string {
  const about = { level: 40, time: Date.now(), service: SERVICE, dropped, reason };
  return `${JSON.stringify({ ...about, msg: 'log lines were dropped' })}\n`;
}

/** Where lines that this logger drops are counted from now on. */
export function countDroppedLines(logger: Logger, counter: DropCounter): void {
  const stream = (logger as unknown as Record<symbol, unknown>)[symbols.streamSym];
  if (stream instanceof LineOutput) stream.countDropped(counter);
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
