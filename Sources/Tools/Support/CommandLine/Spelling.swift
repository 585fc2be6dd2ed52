/// Suggestions for misspelt words.
package enum Spelling {
  /// The word of `words` that a typist most probably meant: within one edit for every three letters (at least one), the first
  /// of equals; `nil` when none is that near. Words and text beyond 64 characters are never near.
  package static func nearest(to text: String, in words: [String]) -> String? {
    guard text.count <= 64 else { return nil }
    var best: (word: String, distance: Int)?
    for word in words where word.count <= 64 {
      let distance = self.distance(Array(text), Array(word))
      if distance <= max(1, word.count / 3) && distance < best?.distance ?? .max { best = (word, distance) }
    }
    return best?.word
  }

  /// The least number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
  /// (the restricted Damerau-Levenshtein distance), in O(|a| |b|).
  package static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
