import { Controller, Get, Redirect } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { DOCS_PATH } from './openapi.js';

/** Sends whoever opens the bare address to the documentation. */
@ApiExcludeController()
@Controller()
export class HomeController {
  @Get()
  @Redirect(`/${DOCS_PATH}`, 302)
  home(): void {}
}
