#include "server/pipelines/change_feeds.h"

#include <algorithm>

#include "boost/asio/post.hpp"
#include "engine/base/check.h"
#include "engine/base/str_cat.h"
#include "fmt/format.h"
#include "server/errors/error_list.h"
#include "server/pipelines/change_token.h"
#include "server/pipelines/rows_request.h"
#include "server/plan/type_proto.h"

namespace freshet {
namespace {

constexpr auto kTick = std::chrono::milliseconds(100);

}  // namespace

ChangeFeeds::ChangeFeeds(Dependencies dependencies)
    : dependencies_(std::move(dependencies)), work_(boost::asio::make_work_guard(io_)), timer_(io_) {
  environment_.io = &io_;
  environment_.settings = dependencies_.settings;
  environment_.clock = dependencies_.clock;
  environment_.reader = dependencies_.reader;
  environment_.ask = dependencies_.ask;
  environment_.seed = dependencies_.seed;
  environment_.is_wanted = [catalog = dependencies_.catalog](const std::string& uid) {
    auto pipeline = catalog->FindUid(uid);
    return pipeline && pipeline->entry.desired_state() != v1::Pipeline::HALTED;
  };
  ServerMetrics& metrics = *dependencies_.metrics;
  environment_.count_encoding = [&metrics] { metrics.CountChangeEncoding(); };
  environment_.count_sent_bytes = [&metrics](uint64_t bytes) { metrics.CountChangeBytes(bytes); };
  environment_.count_cut_off = [&metrics] { metrics.CountSlowSubscriber(); };
  thread_ = std::thread([this] { io_.run(); });
}

ChangeFeeds::~ChangeFeeds() { Stop(); }

void ChangeFeeds::Stop() {
  if (!thread_.joinable()) return;
  draining_ = true;
  io_.stop();
  thread_.join();
  for (const auto& [name, hub] : hubs_) hub->DropAll();
  // What was posted holds streams, too.
  io_.restart();
  io_.poll();
  hubs_.clear();
}

absl::StatusOr<FollowedView> ChangeFeeds::FindView(const ChangesQuery& query) const {
  auto pipeline = dependencies_.catalog->Find(query.pipeline);
  if (!pipeline) return MakeError(ErrorCode::kNotFound, fmt::format("there is no pipeline '{}'", query.pipeline));
  const v1::CatalogRevision& revision = *pipeline->revision;
  RowsQuery rows;
  rows.relation = query.view;
  FollowedView view;
  ASSIGN_OR_RETURN(view.index, FindRelation(rows, revision));
  const v1::PhysicalView& physical = revision.physical().views(static_cast<int>(view.index));
  view.pipeline_uid = pipeline->entry.uid();
  view.pipeline = query.pipeline;
  view.view = query.view;
  view.revision = pipeline->entry.revision();
  view.shard_count = std::max<uint32_t>(1, revision.plan().options().shards());
  view.schema = SchemaFromProto(physical.schema());
  for (uint32_t column : physical.key()) view.key.push_back(ColumnIndex(column));
  if (query.needs_key && (view.key.empty() || !physical.key_unique())) {
    return MakeError(ErrorCode::kInvalidRequest,
                     fmt::format("envelope=upsert needs a view with a unique key, and '{}' has none; declare one "
                                 "(key: [...]) or take envelope=changes",
                                 query.view));
  }
  return view;
}

absl::StatusOr<ChangeSubscriber::Start> ChangeFeeds::StartOf(const ChangesQuery& query,
                                                             const FollowedView& view) const {
  if (query.token.empty()) return ChangeSubscriber::Start{query.from, query.epoch};
  ASSIGN_OR_RETURN(ChangeToken token, DecodeChangeToken(query.token, dependencies_.seed));
  if (token.pipeline_uid != view.pipeline_uid) {
    return MakeError(ErrorCode::kPipelineReplaced, "the event id belongs to another pipeline of this name");
  }
  if (token.view != view.view) {
    return MakeError(ErrorCode::kInvalidToken, fmt::format("the event id belongs to view '{}'", token.view));
  }
  return ChangeSubscriber::Start{ChangesQuery::From::kEpoch, token.epoch, /*by_token=*/true, token.history};
}

absl::StatusOr<Changes::SubscriptionId> ChangeFeeds::Subscribe(ChangesQuery query,
                                                               std::shared_ptr<const ChangeEncoder> encoder,
                                                               std::shared_ptr<ChangeSink> sink) {
  absl::Status stopping = MakeError(ErrorCode::kUnavailable, "the server stops; go on where it serves again");
  if (draining_) return stopping;
  ASSIGN_OR_RETURN(FollowedView view, FindView(query));
  ASSIGN_OR_RETURN(ChangeSubscriber::Start start, StartOf(query, view));
  const uint64_t most = dependencies_.settings->http_changes_subscribers_max;
  if (subscribers_.load() >= most) {
    return MakeError(ErrorCode::kTooManyRequests,
                     fmt::format("{} streams of changes are open; try again later (setting "
                                 "http.changes.subscribers_max)",
                                 most));
  }
  const SubscriptionId id = ++last_id_;
  ++subscribers_;
  boost::asio::post(io_, [this, id, view = std::move(view), start, encoder = std::move(encoder), sink = std::move(sink),
                          stopping]() mutable {
    if (draining_) {
      --subscribers_;
      return sink->Refuse(stopping);
    }
    ChangeHub& hub = HubOf(view);
    hub_of_[id] = hub.weak_from_this();
    hub.Add(id, start, std::move(encoder), std::move(sink));
  });
  return id;
}

ChangeHub& ChangeFeeds::HubOf(const FollowedView& view) {
  std::shared_ptr<ChangeHub>& hub = hubs_[StrCat(view.pipeline_uid, "/", view.revision, "/", view.view)];
  if (hub == nullptr) {
    hub = std::make_shared<ChangeHub>(environment_, view, [this](uint64_t id) {
      hub_of_.erase(id);
      --subscribers_;
    });
    if (!std::exchange(ticking_, true)) TickLater();  // not now: the hub has nobody yet
  }
  return *hub;
}

void ChangeFeeds::Unsubscribe(SubscriptionId id) {
  boost::asio::post(io_, [this, id] {
    auto found = hub_of_.find(id);
    if (found == hub_of_.end()) return;
    if (auto hub = found->second.lock()) hub->Remove(id);
  });
}

void ChangeFeeds::OnProgress(const std::string& uid) {
  if (subscribers_ == 0) return;
  {
    std::lock_guard lock(mutex_);
    if (!progressed_.insert(uid).second) return;
  }
  boost::asio::post(io_, [this, uid] {
    {
      std::lock_guard lock(mutex_);
      progressed_.erase(uid);
    }
    for (const auto& [name, hub] : hubs_) {
      if (hub->view().pipeline_uid == uid) hub->Poke();
    }
  });
}

void ChangeFeeds::Drain() {
  draining_ = true;
  boost::asio::post(io_, [this] {
    for (const auto& [name, hub] : hubs_) {
      hub->EndAll(MakeError(ErrorCode::kUnavailable, "the server stops; go on with the id that stands here"));
    }
  });
}

void ChangeFeeds::Tick() {
  uint64_t backlog = 0;
  for (auto hub = hubs_.begin(); hub != hubs_.end();) {
    hub->second->Tick();
    backlog = std::max(backlog, hub->second->backlog_bytes());
    hub = hub->second->empty() ? hubs_.erase(hub) : std::next(hub);
  }
  dependencies_.metrics->SetSubscribers(subscribers_, backlog);
  ticking_ = !hubs_.empty();
  if (ticking_) TickLater();
}

void ChangeFeeds::TickLater() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
}

}  // namespace freshet
