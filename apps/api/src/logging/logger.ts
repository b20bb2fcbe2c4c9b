import { type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../config.js';

/** The service's logger: one JSON object a line, to standard output unless told otherwise. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: { service: 'adscale-api' } };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/**
 * Nest's own messages in the same log. What Nest calls "log" is its start-up chatter, hence debug.
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
    // Nest passes the class that speaks last, and for errors perhaps a stack before it.
    const nest = { nest: context.at(-1) };
    if (message instanceof Error) this.logger[level]({ ...nest, err: message }, message.message);
    else this.logger[level](nest, String(message));
  }
}
