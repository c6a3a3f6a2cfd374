// Enricher answers spoor.enrich and spoor.enrich.2 in place of, or beside, Spoor's own enricher.
package main

import (
	"spoor.dev/kit"
	"spoor.dev/kit/enricher"
)

func main() { kit.Main(enricher.Actor(enricher.Options{})) }
