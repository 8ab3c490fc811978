/**
 * Official builds of ONNX Runtime for Linux (1.29 and later) write a device id to the home directory and
 * report models and sessions to Microsoft unless this is set before the library opens its first session.
 * What a service decides with is nobody else's business. To be imported before `onnxruntime-node`.
 */
process.env["ORT_DISABLE_TELEMETRY"] = "1";
