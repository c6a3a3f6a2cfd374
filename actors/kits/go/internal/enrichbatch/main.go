// Enrichbatch reads one raw batch on standard input and writes the enriched one on standard output, so that a test compares
// its records with those of Spoor's own enricher. Its argument is KAFKA_KEY_PARAM.
package main

import (
	"fmt"
	"io"
	"os"

	"spoor.dev/kit/contract"
	"spoor.dev/kit/enricher"
)

func main() {
	payload, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = enrich(payload, os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func enrich(payload []byte, keyParam string) error {
	batch, _, err := contract.ReadRawBatch(payload)
	if err != nil {
		return err
	}
	enriched, rejected := enricher.Offline(keyParam)(batch)
	if len(rejected) > 0 {
		return fmt.Errorf("event %d was rejected: %s", rejected[0].Index, rejected[0].Detail)
	}
	_, err = os.Stdout.Write(contract.AppendEnrichedBatch(nil, enriched))
	return err
}
