// Package workflows contains the Temporal workflows, one business process per file. A workflow defines
// the order of the steps; the activities execute them.
//
// Workflow code is deterministic. A change to the order or the names of its steps breaks the replay of
// the recorded histories in testdata, unless the change is versioned.
package workflows
