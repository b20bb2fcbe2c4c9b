import { Injectable } from '@nestjs/common';
import { ServedModel } from '../model/served-model.js';
import type { ProblemCode } from '../problem/catalogue.js';

/** Whether requests should be sent here. */
@Injectable()
export class Readiness {
  private leaving = false;

  constructor(private readonly served: ServedModel) {}

  /** True once the service has been told to stop. */
  get draining(): boolean {
    return this.leaving;
  }

  /** From now on the service is not ready, though it still answers. */
  startDraining(): void {
    this.leaving = true;
  }

  /** Why the service is not ready, or undefined when it is. */
  obstacle(): ProblemCode | undefined {
    if (this.leaving) return 'SHUTTING_DOWN';
    return this.served.current === undefined ? 'MODEL_NOT_LOADED' : undefined;
  }
}
