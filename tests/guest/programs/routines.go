// SPDX-License-Identifier: BSD-2-Clause
// Goroutines on every CPU: channels, timers, the collector, preemption of loops, panics, files.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func collatz(n int) int {
	steps := 0
	for ; n != 1; steps++ {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
	}
	return steps
}

// longest shares the numbers below limit among workers.
func longest(limit, workers int) (best, steps int) {
	numbers, results := make(chan int, 64), make(chan [2]int)
	for w := 0; w < workers; w++ {
		go func() {
			best := [2]int{0, -1}
			for start := range numbers {
				for n := start; n < start+1000; n++ {
					if s := collatz(n + 1); s > best[1] {
						best = [2]int{n + 1, s}
					}
				}
			}
			results <- best
		}()
	}
	for n := 0; n < limit; n += 1000 {
		numbers <- n
	}
	close(numbers)
	for w := 0; w < workers; w++ {
		if r := <-results; r[1] > steps {
			best, steps = r[0], r[1]
		}
	}
	return
}

func recovered() (what string) {
	defer func() { what = fmt.Sprint(recover()) }()
	var none map[string]*int
	return fmt.Sprint(*none["x"])
}

// preempted is true if a loop without calls lets others run on a single processor.
func preempted() bool {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	done := make(chan bool)
	var spin int
	go func() {
		for i := 0; i < 1<<31; i++ {
			spin += i
		}
	}()
	go func() { done <- true }()
	select {
	case <-done:
		return true
	case <-time.After(60 * time.Second):
		return false
	}
}

func main() {
	fmt.Println("processors", runtime.NumCPU(), runtime.GOMAXPROCS(0))
	fmt.Println(longest(30000, 8))
	var lock sync.Mutex
	var all sync.WaitGroup
	sum := 0
	for i := 0; i < 5000; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			garbage := strings.Repeat("x", 1000+i)
			lock.Lock()
			sum += len(garbage)
			lock.Unlock()
		}(i)
	}
	all.Wait()
	runtime.GC()
	fmt.Println("sum", sum)
	before := time.Now()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("slept", time.Since(before) >= 20*time.Millisecond)
	fmt.Println(recovered())
	fmt.Println("preempted", preempted())
	folder, err := os.MkdirTemp("", "routines")
	if err == nil {
		err = os.WriteFile(folder+"/b", []byte("text"), 0o600)
	}
	if err != nil {
		fmt.Println(err)
	}
	os.Mkdir(folder+"/a", 0o700)
	entries, err := os.ReadDir(folder)
	names := []string{}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	sort.Strings(names)
	fmt.Println(names, err)
	os.Exit(3)
}
