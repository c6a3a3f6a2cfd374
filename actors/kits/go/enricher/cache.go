package enricher

import (
	"strings"
	"sync"
)

// cacheSize is the number of texts that a cache remembers before it begins anew; it holds up to twice as many.
const cacheSize = 50_000

// cache remembers what was computed for a text. The generation before the current one is kept, so that frequent texts
// survive when it is full.
type cache[A any] struct {
	mu           sync.RWMutex
	current, old map[string]A
}

func (c *cache[A]) of(text string, compute func(string) A) A {
	c.mu.RLock()
	known, ok := c.current[text]
	c.mu.RUnlock()
	if ok {
		return known
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok = c.old[text]
	if !ok {
		known = compute(text)
	}
	if c.current == nil || len(c.current) >= cacheSize {
		c.old, c.current = c.current, make(map[string]A, cacheSize/8)
	}
	// The text is a part of a whole batch, which would stay in memory with it.
	c.current[strings.Clone(text)] = known
	return known
}
