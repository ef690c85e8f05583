#include "server/pipelines/result_reader.h"

#include <algorithm>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/key_hash.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/pipelines/pipeline_resource.h"
#include "server/pipelines/rows_request.h"
#include "server/pipelines/table_ingestor.h"

namespace freshet {
namespace {

absl::StatusOr<CatalogPipeline> FindPipeline(const Catalog& catalog, const std::string& id) {
  auto pipeline = catalog.Find(id);
  if (!pipeline) return MakeError(ErrorCode::kNotFound, fmt::format("there is no pipeline '{}'", id));
  return *std::move(pipeline);
}

// A token of the same pipeline, revision and query.
absl::StatusOr<PageToken> ReadToken(const std::string& text, uint64_t seed, const v1::CatalogEntry& entry,
                                    uint64_t query_hash) {
  ASSIGN_OR_RETURN(PageToken token, DecodePageToken(text, seed));
  if (token.pipeline_uid != entry.uid() || token.revision != entry.revision()) {
    return MakeError(ErrorCode::kPipelineReplaced, "the page token belongs to another pipeline or revision");
  }
  if (token.query_hash != query_hash) {
    return MakeError(ErrorCode::kInvalidToken, "the page token belongs to another query; only limit may change");
  }
  return token;
}

}  // namespace

struct ResultReader::RowsRead {
  CatalogPipeline pipeline;
  BoundRows bound;
  bool ordered = false;
  uint32_t limit = 0;
  std::vector<uint32_t> shards;  // that are asked
  Group::Read ask;
};

ResultReader::ReadId ResultReader::NextId() {
  std::lock_guard lock(mutex_);
  return ++last_id_;
}

void ResultReader::Ask(ReadId id, const std::string& uid, Group::Read read, AskDone done) {
  // Asked with the lock held: its end, on another thread, comes to forget it after it is remembered.
  std::lock_guard lock(mutex_);
  asked_[id] = {uid, supervisor_->Ask(uid, std::move(read), [this, id, done = std::move(done)](auto result) {
                  {
                    std::lock_guard forget(mutex_);
                    asked_.erase(id);
                  }
                  done(std::move(result));
                })};
}

void ResultReader::Cancel(ReadId id) {
  std::lock_guard lock(mutex_);
  auto found = asked_.find(id);
  if (found != asked_.end()) supervisor_->CancelRead(found->second.uid, found->second.read);
}

// ---- Rows

absl::StatusOr<std::shared_ptr<ResultReader::RowsRead>> ResultReader::Prepare(const RowsQuery& query) const {
  auto read = std::make_shared<RowsRead>();
  ASSIGN_OR_RETURN(read->pipeline, FindPipeline(*catalog_, query.pipeline));
  const v1::CatalogRevision& revision = *read->pipeline.revision;
  ASSIGN_OR_RETURN(read->bound, BindRows(query, revision));
  read->ordered = !query.order.empty();
  read->limit = query.limit;

  ListingPlace place;
  uint64_t epoch = query.epoch.value_or(0);
  if (!query.page_token.empty()) {
    ASSIGN_OR_RETURN(PageToken token, ReadToken(query.page_token, seed_, read->pipeline.entry, read->bound.query_hash));
    if (query.epoch && *query.epoch != token.epoch) {
      return MakeError(ErrorCode::kInvalidToken, "the page token is of another epoch");
    }
    place = {token.shard, token.after};
    epoch = token.epoch;
  }
  for (uint32_t shard : read->bound.shards) {
    if (!read->ordered && shard < place.shard) continue;  // all of its rows have been given
    std::string after = read->ordered ? OrderedCursorOf(place, shard) : shard == place.shard ? place.after : "";
    read->shards.push_back(shard);
    read->ask.pages.push_back({shard, std::move(after), query.limit});
  }
  read->ask.revision = read->pipeline.entry.revision();
  read->ask.at_least = query.at_least.value_or(0);
  if (!query.at_least_token.empty()) {
    ASSIGN_OR_RETURN(read->ask.covers, ReadIngestToken(query.at_least_token, read->pipeline.entry.uid(), seed_));
  }
  read->ask.timeout = std::chrono::milliseconds(query.timeout_ms);
  *read->ask.request.mutable_rows() = read->bound.request;
  read->ask.request.mutable_rows()->set_epoch(epoch);
  // Later pages prolong the hold; that of the first is asked for once it is known that more follow.
  read->ask.request.mutable_rows()->set_pin(!query.page_token.empty());
  return read;
}

ResultReader::ReadId ResultReader::ReadRows(RowsQuery query, std::function<void(absl::StatusOr<RowsPage>)> done) {
  ReadId id = NextId();
  auto prepared = Prepare(query);
  if (!prepared.ok()) {
    done(prepared.status());
    return id;
  }
  std::shared_ptr<RowsRead> read = *std::move(prepared);
  const std::string uid = read->pipeline.entry.uid();
  Ask(id, uid, read->ask, [this, id, uid, read, done = std::move(done)](absl::StatusOr<Group::ReadResult> result) {
    if (!result.ok()) {
      done(result.status());
      return;
    }
    auto page = Finish(*read, *result);
    if (!page.ok() || page->next_page_token.empty() || read->ask.request.rows().pin()) {
      done(std::move(page));
      return;
    }
    // The epoch is readable for a moment anyway: long enough to have every shard hold it.
    Group::Read hold = read->ask;
    v1::RowsRequest& rows = *hold.request.mutable_rows();
    rows.Clear();
    rows.set_view(read->bound.request.view());
    rows.set_epoch(page->epoch);
    rows.set_limit(1);
    rows.set_pin(true);
    hold.at_least = 0;
    hold.covers.reset();
    hold.pages.clear();
    for (uint32_t shard : read->shards) hold.pages.push_back({shard, "", 1});
    Ask(id, uid, std::move(hold), [page = *std::move(page), done](absl::StatusOr<Group::ReadResult> held) {
      // Where it cannot be held, the next page says so; this one is right.
      if (absl::IsCancelled(held.status())) {
        done(held.status());
      } else {
        done(page);
      }
    });
  });
  return id;
}

absl::StatusOr<RowsPage> ResultReader::Finish(const RowsRead& read, const Group::ReadResult& result) const {
  ASSIGN_OR_RETURN(MergedPage merged,
                   MergePages(read.bound.schema, read.shards, result.responses, read.limit, read.ordered));
  RowsPage page;
  page.pipeline_uid = read.pipeline.entry.uid();
  page.revision = read.pipeline.entry.revision();
  page.epoch = result.epoch;
  page.lag_ms = result.lag_ms;
  page.schema = read.bound.schema;
  page.rows = std::move(merged.rows);
  if (merged.next) {
    PageToken token;
    token.pipeline_uid = page.pipeline_uid;
    token.revision = page.revision;
    token.epoch = page.epoch;
    token.query_hash = read.bound.query_hash;
    token.shard = merged.next->shard;
    token.after = std::move(merged.next->after);
    page.next_page_token = EncodePageToken(token, seed_);
  }
  uint64_t changed = 0;
  for (const v1::ReadResponse& response : result.responses) changed = std::max(changed, response.last_changed());
  page.etag = fmt::format("\"{}-{}-{}\"", page.pipeline_uid.substr(0, 8), page.revision, changed);
  return page;
}

// ---- Dead letters and errors

ResultReader::ReadId ResultReader::ReadDeadLetters(DeadLettersQuery query,
                                                   std::function<void(absl::StatusOr<DeadLettersPage>)> done) {
  constexpr uint64_t kDeadLetters = 0xDEAD;
  ReadId id = NextId();
  auto pipeline = FindPipeline(*catalog_, query.pipeline);
  absl::StatusOr<PageToken> token = PageToken();
  if (pipeline.ok() && !query.page_token.empty()) {
    token = ReadToken(query.page_token, seed_, pipeline->entry, kDeadLetters);
  }
  if (!pipeline.ok() || !token.ok()) {
    done(pipeline.ok() ? token.status() : pipeline.status());
    return id;
  }
  Group::Read read;
  read.revision = pipeline->entry.revision();
  read.timeout = std::chrono::milliseconds(query.timeout_ms);
  read.request.mutable_dead_letters()->set_limit(query.limit);
  read.request.mutable_dead_letters()->set_after(token->after);
  PageToken next;
  next.pipeline_uid = pipeline->entry.uid();
  next.revision = pipeline->entry.revision();
  next.query_hash = kDeadLetters;
  Ask(id, pipeline->entry.uid(), std::move(read),
      [seed = seed_, limit = query.limit, next,
       done = std::move(done)](absl::StatusOr<Group::ReadResult> result) mutable {
        if (!result.ok()) {
          done(result.status());
          return;
        }
        DeadLettersPage page;
        bool more = false;
        for (v1::ReadResponse& response : result->responses) {
          more |= response.more();
          for (v1::DeadLetter& letter : *response.mutable_dead_letters())
            page.dead_letters.push_back(std::move(letter));
        }
        std::sort(page.dead_letters.begin(), page.dead_letters.end(),
                  [](const auto& a, const auto& b) { return a.cursor() < b.cursor(); });
        if (page.dead_letters.size() > limit) {
          page.dead_letters.resize(limit);
          more = true;
        }
        if (more && !page.dead_letters.empty()) {
          next.after = page.dead_letters.back().cursor();
          page.next_page_token = EncodePageToken(next, seed);
        }
        done(std::move(page));
      });
  return id;
}

ResultReader::ReadId ResultReader::ReadErrors(
    std::string name, std::function<void(absl::StatusOr<std::vector<v1::ExpressionError>>)> done) {
  ReadId id = NextId();
  auto pipeline = FindPipeline(*catalog_, name);
  if (!pipeline.ok()) {
    done(pipeline.status());
    return id;
  }
  Group::Read read;
  read.revision = pipeline->entry.revision();
  read.request.mutable_errors();
  Ask(id, pipeline->entry.uid(), std::move(read), [done = std::move(done)](absl::StatusOr<Group::ReadResult> result) {
    if (!result.ok()) {
      done(result.status());
      return;
    }
    std::map<std::tuple<std::string, std::string, std::string>, v1::ExpressionError> summed;
    for (const v1::ReadResponse& response : result->responses) {
      for (const v1::ExpressionError& error : response.errors()) {
        auto [sum, inserted] = summed.try_emplace({error.node(), error.column(), error.code()}, error);
        if (inserted) continue;
        sum->second.set_count(sum->second.count() + error.count());
        if (sum->second.sample().empty()) sum->second.set_sample(error.sample());
      }
    }
    std::vector<v1::ExpressionError> errors;
    for (auto& [key, error] : summed) errors.push_back(std::move(error));
    done(std::move(errors));
  });
  return id;
}

}  // namespace freshet
