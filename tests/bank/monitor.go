// A monitor of a C2SP log that is not ours: Go's own checksum-database code (golang.org/x/mod/sumdb) reads our files.
//
//	monitor URL VKEY STATE
//
// It verifies the checkpoint's signature, that it continues what STATE remembers, and that every entry since is in the tree.
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var address string

func fetch(path string) ([]byte, error) {
	answer, err := http.Get(address + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// The only difference between Go's tiles and those of https://c2sp.org/tlog-tiles: no height in the path.
func pathOf(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

type tiles map[tlog.Tile][]byte

func (known tiles) Height() int { return height }

func (known tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, tile := range wanted {
		data, err := known[tile], error(nil)
		if data == nil {
			data, err = fetch(pathOf(tile))
		}
		if err != nil {
			return nil, err
		}
		found[i] = data
	}
	return found, nil
}

func (known tiles) SaveTiles(found []tlog.Tile, data [][]byte) {
	for i, tile := range found {
		known[tile] = data[i]
	}
}

func readTree(text string) tlog.Tree {
	lines := strings.Split(text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

func entries(index, size int64) (found [][]byte) {
	width := int64(1 << height)
	path := tlog.Tile{H: height, L: -1, N: index, W: int(width)} // Go calls level -1 "data"
	if size-index*width < width {
		path.W = int(size - index*width)
	}
	data, err := fetch(strings.Replace(pathOf(path), "tile/data/", "tile/entries/", 1))
	check(err)
	for len(data) > 0 {
		end := 2 + int(data[0])<<8 + int(data[1])
		found = append(found, data[2:end])
		data = data[end:]
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	log.SetFlags(0)
	address = os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	signed, err := fetch("checkpoint")
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	tree := readTree(opened.Text)
	reader := tlog.TileHashReader(tree, tiles{})
	first := int64(0)
	if kept, err := os.ReadFile(os.Args[3]); err == nil {
		old := readTree(string(kept))
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
		first = old.N
	}
	for index := first; index < tree.N; {
		for at, entry := range entries(index>>height, tree.N) {
			here := index>>height<<height + int64(at)
			if here < index {
				continue
			}
			proof, err := tlog.ProveRecord(tree.N, here, reader)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, here, tlog.RecordHash(entry)))
		}
		index = (index>>height + 1) << height
	}
	check(os.WriteFile(os.Args[3], []byte(opened.Text), 0o600))
	fmt.Println(first, tree.N, base64.StdEncoding.EncodeToString(tree.Hash[:]))
}
