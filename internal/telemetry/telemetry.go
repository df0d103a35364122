// Package telemetry shows operators what the program does: metrics for Prometheus,
// traces for an OpenTelemetry collector, and the ids of traces in logs.
//
// Nothing here carries personal data. Labels of metrics are taken from short fixed lists
// (routes, codes, states), so that their number does not grow with the clients.
package telemetry
