# The service alone: Node.js 24, the packages it runs on, its source, models and programs.
#
#   docker build -t liftgate .
#   docker run --rm --read-only --tmpfs /tmp -p 8080:8080 -v liftgate-data:/data -e API_KEYS=… liftgate
#
# Debian and not Alpine: ONNX Runtime's library needs glibc. Name a digest here to pin the base image.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# .npmrc keeps onnxruntime-node from downloading GPU libraries.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund
# onnxruntime-node brings the libraries of five platforms, lmdb those of other C libraries and versions of Node.js; this
# image is one of them, and lmdb's Node-API library is for every version.
RUN find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + && \
    find node_modules/@lmdb -name '*.node' ! -name '*.napi.glibc.node' -delete
# What Node.js never loads: types, source maps, and what Vega builds for browsers.
RUN find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete && \
    find node_modules/vega/build node_modules/vega-lite/build -type f ! -name vega.module.js ! -name index.js -delete

FROM ${NODE_IMAGE}
# Everything but DATA_DIR may be read-only. Without API_KEYS or API_KEYS_FILE the service does not start here:
# it would be open to whoever reaches the container.
# ONNX Runtime's telemetry is off whatever the defaults of its builds.
ENV NODE_ENV=production \
    ORT_DISABLE_TELEMETRY=1 \
    HOST=0.0.0.0 \
    PORT=8080 \
    MODELS_DIR=/app/models \
    PROGRAMS_DIR=/app/programs \
    DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/node_modules node_modules/
COPY package.json LICENSE ./
COPY src src/
COPY models models/
COPY programs programs/
RUN mkdir --mode=0700 /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=2s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
