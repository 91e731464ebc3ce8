// Stands in for @vscode/spdlog in the VS Code of the UI tests, whose native part needs a compiler: without either of
// them every output channel stays empty. Appends at once; neither rotates nor buffers, as test logs are short.
const { appendFileSync, mkdirSync } = require("node:fs");
const path = require("node:path");

const levels = ["trace", "debug", "info", "warning", "error", "critical"];

class Logger {
  #file;
  #level = 2;
  #isRaw = false;

  constructor(_type, _name, file) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.#file = file;
  }

  trace(message) {
    this.#write(0, message);
  }
  debug(message) {
    this.#write(1, message);
  }
  info(message) {
    this.#write(2, message);
  }
  warn(message) {
    this.#write(3, message);
  }
  error(message) {
    this.#write(4, message);
  }
  critical(message) {
    this.#write(5, message);
  }

  getLevel() {
    return this.#level;
  }
  setLevel(level) {
    this.#level = level;
  }
  // VS Code sets one pattern, the one written out below, or none at all.
  setPattern() {
    this.#isRaw = false;
  }
  clearFormatters() {
    this.#isRaw = true;
  }
  flush() {}
  drop() {}

  #write(level, message) {
    if (level < this.#level) return;
    const time = new Date().toISOString().replace("T", " ").replace("Z", "");
    const text = this.#isRaw ? message : `${time} [${levels[level]}] ${message}\n`;
    try {
      appendFileSync(this.#file, text);
    } catch {
      // The test's data directory is gone already, and with it anyone who could read the log.
    }
  }
}

const create = (type) => async (name, file) => new Logger(type, name, file);

exports.version = 0;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.Logger = Logger;
exports.createRotatingLogger = create("rotating");
exports.createAsyncRotatingLogger = create("rotating_async");
