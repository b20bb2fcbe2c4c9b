# ranger's random forest. One thread. Asked and answering as exchange.py describes.
#
# ranger weighs rows by drawing them into the bag in proportion to their weight (case.weights), not
# by weighing their errors; rules$leaf becomes min.node.size = 2 * leaf, the least rows that a node
# must have to be split. Out-of-bag errors, which it can leave out, are left out.
suppressMessages(library(ranger))
config <- jsonlite::fromJSON(commandArgs(trailingOnly = TRUE)[1])

columns <- function(path, count, rows) {
  numbers <- readBin(path, "double", count * rows, endian = "little")
  matrix(numbers, nrow = rows, ncol = count)
}

timed <- function(work) {
  before <- proc.time()
  result <- work()
  cost <- proc.time() - before
  list(result = result, wall = cost[["elapsed"]], cpu = cost[["user.self"]] + cost[["sys.self"]])
}

width <- config$width
data <- columns(config$data, width + 2, config$rows)
names <- paste0("x", seq_len(width))
raw <- data[, seq_len(width), drop = FALSE]
# NaN becomes a number below the feature's least, which one cut sets apart.
least <- apply(raw, 2, function(column) min(column, na.rm = TRUE)) - 1
prepare <- function(x) {
  for (f in seq_len(width)) x[is.nan(x[, f]), f] <- least[f]
  colnames(x) <- names
  x
}
x <- prepare(raw)
y <- data[, width + 1]
w <- data[, width + 2]
test <- prepare(columns(config$test, width, config$testRows))
answer <- list(
  version = paste("ranger", packageVersion("ranger")),
  checksum = c(sum(raw, na.rm = TRUE), sum(y), sum(w)),
  trees = config$trees
)

fit <- function() {
  ranger(
    x = x, y = y, case.weights = w, num.trees = config$trees, mtry = width,
    min.node.size = 2 * config$rules$leaf, num.threads = 1, oob.error = FALSE,
    seed = config$seed, verbose = FALSE
  )
}
if (!is.null(config$model) && file.exists(config$model)) {
  model <- readRDS(config$model)
} else {
  fitted <- timed(fit)
  model <- fitted$result
  answer$fitWall <- fitted$wall
  answer$fitCpu <- fitted$cpu
  if (!is.null(config$model)) saveRDS(model, config$model)
}

ask <- function(rows) predict(model, data = rows, num.threads = 1, verbose = FALSE)$predictions
writeBin(as.double(ask(test)), config$predictions, endian = "little")
if (config$oneCalls > 0) {
  cost <- timed(function() {
    for (i in seq_len(config$oneCalls)) ask(test[(i - 1) %% nrow(test) + 1, , drop = FALSE])
  })
  answer$oneWall <- cost$wall / config$oneCalls
  answer$oneCpu <- cost$cpu / config$oneCalls
}
if (config$batchSeconds > 0) {
  rows <- wall <- cpu <- 0
  while (wall < config$batchSeconds) {
    cost <- timed(function() ask(test))
    rows <- rows + nrow(test)
    wall <- wall + cost$wall
    cpu <- cpu + cost$cpu
  }
  answer$rowWall <- wall / rows
  answer$rowCpu <- cpu / rows
}
cat(jsonlite::toJSON(answer, auto_unbox = TRUE, digits = NA), "\n")
