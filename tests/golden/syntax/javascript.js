import express, { Router as Routes } from "express";
import * as path from "node:path";
export { total as sum } from "./tax.js";

const { join, resolve: absolute } = require("./paths");
const tools = require("./tools");

/** What a parcel may weigh. */
const LIMIT_KG = 31.5;
var first = 1, second = 2;

/**
 * What somebody means to buy.
 */
export class Basket extends Holder {
  static currency = "EUR";
  #lines = [];
  rack = new Rack();

  constructor(owner, log = console) {
    super();
    this.owner = owner;
    this.log = new Logger(log);
    this.store = this.owner.store;
  }

  get count() {
    return this.#lines?.length ?? 0;
  }

  // One more.
  async add(slot, ...extra) {
    const line = new Line(slot, extra);
    const saved = await this.owner.save(line);
    return saved.first?.line;
  }

  onChange = (event) => {
    this.emit(event);
  };
}

function Shelf(size) {
  this.size = size;
}

Shelf.prototype.open = function (key) {
  return this.size > key;
};

function* walk(items) {
  for (const item of items) {
    yield item;
  }
}

export const total = (items, start = 0) => items.reduce((sum, item) => sum + item.price, start);

const api = {
  list(page) {
    return tools.page(page);
  },
  get: async (id) => walk(id),
  version: 1,
};

const Money = class {
  add(other) {
    return this;
  }
};

exports.round = function (value) {
  return Math.round(value);
};
exports.ZERO = new Money();
module.exports.limit = LIMIT_KG;

describe("basket", () => {
  const hidden = <Card title="x">{api.version}</Card>;
  try {
    hidden();
  } catch (error) {
    first = error.code;
  }
});
