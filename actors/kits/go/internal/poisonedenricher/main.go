// Poisonedenricher is the enricher with a simulated bug, for the fault cases 36 and 37: while it handles a batch with a
// poison event (test/faults/poison.ts) it panics, kills its process, or loops for ever.
package main

import (
	"bytes"
	"os"
	"syscall"

	"spoor.dev/kit"
	"spoor.dev/kit/enricher"
)

func main() { kit.Main(enricher.Actor(enricher.Options{BeforeStore: harm})) }

func harm(values []byte) {
	switch {
	case bytes.Contains(values, []byte("poison=throws!")):
		panic("a poisoned event")
	case bytes.Contains(values, []byte("poison=kills!")):
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case bytes.Contains(values, []byte("poison=hangs!")):
		for i := 0; ; i++ {
			_ = i
		}
	}
}
